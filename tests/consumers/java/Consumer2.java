// Consumer2 PROFILE CALLS PAUSE_MS: lists tables, so many times, with one client of the SDK for Java,
// version 2. Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT THE SDK SAYS`. S3_URL is where
// DynamoDB is, too; its only table's name tells who signed.

import java.net.URI;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

public class Consumer2 {
    public static void main(String[] words) throws Exception {
        if (!words[0].equals("-")) {
            System.setProperty("aws.profile", words[0]);
        }
        DynamoDbClient tables =
                DynamoDbClient.builder()
                        .endpointOverride(URI.create(System.getenv("S3_URL")))
                        .region(Region.US_EAST_1)
                        .httpClientBuilder(UrlConnectionHttpClient.builder())
                        .overrideConfiguration(
                                ClientOverrideConfiguration.builder()
                                        .retryStrategy(DefaultRetryStrategy.doNotRetry())
                                        .build())
                        .build();
        for (int call = 0; call < Integer.parseInt(words[1]); call++) {
            if (call > 0) {
                Thread.sleep(Long.parseLong(words[2]));
            }
            try {
                System.out.println("ok " + tables.listTables().tableNames().get(0) + " -");
            } catch (Exception error) {
                System.out.println(("failed " + error).replace('\n', ' '));
            }
        }
    }
}
