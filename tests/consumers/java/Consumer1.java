// Consumer1 PROFILE CALLS PAUSE_MS: lists tables, so many times, with one client of the SDK for Java,
// version 1. Prints a line a call: `ok ACCESS_KEY -` or `failed WHAT THE SDK SAYS`. S3_URL is where
// DynamoDB is, too; its only table's name tells who signed.

import com.amazonaws.ClientConfiguration;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.dynamodbv2.AmazonDynamoDB;
import com.amazonaws.services.dynamodbv2.AmazonDynamoDBClientBuilder;

public class Consumer1 {
    public static void main(String[] words) throws Exception {
        if (!words[0].equals("-")) {
            System.setProperty("aws.profile", words[0]);
        }
        // It asks the system, not the environment, where home is.
        System.setProperty("user.home", System.getenv("HOME"));
        AmazonDynamoDB tables =
                AmazonDynamoDBClientBuilder.standard()
                        .withEndpointConfiguration(
                                new EndpointConfiguration(System.getenv("S3_URL"), "us-east-1"))
                        .withClientConfiguration(new ClientConfiguration().withMaxErrorRetry(0))
                        .build();
        for (int call = 0; call < Integer.parseInt(words[1]); call++) {
            if (call > 0) {
                Thread.sleep(Long.parseLong(words[2]));
            }
            try {
                System.out.println("ok " + tables.listTables().getTableNames().get(0) + " -");
            } catch (Exception error) {
                System.out.println(("failed " + error).replace('\n', ' '));
            }
        }
    }
}
