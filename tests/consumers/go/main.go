// consumer PROFILE CALLS PAUSE_MS: asks STS who it is, so many times, with one client, and prints a
// line a call: "ok ACCESS_KEY ARN" or "failed WHAT THE SDK SAYS".
//
// It builds against the SDK that Debian packages as source, which is older than endpoints in
// ~/.aws/config: STS_URL names the sandbox.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: consumer PROFILE CALLS PAUSE_MS")
	}
	calls, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	pause, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	background := context.Background()
	chosen := []func(*config.LoadOptions) error{config.WithRegion("us-east-1")}
	if os.Args[1] != "-" {
		chosen = append(chosen, config.WithSharedConfigProfile(os.Args[1]))
	}
	loaded, err := config.LoadDefaultConfig(background, chosen...)
	if err != nil {
		fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	key := "-"
	provider := loaded.Credentials
	loaded.Credentials = aws.CredentialsProviderFunc(
		func(background context.Context) (aws.Credentials, error) {
			keys, err := provider.Retrieve(background)
			key = keys.AccessKeyID
			return keys, err
		})
	client := sts.NewFromConfig(loaded, func(options *sts.Options) {
		options.EndpointResolver = sts.EndpointResolverFromURL(os.Getenv("STS_URL"))
	})
	for call := 0; call < calls; call++ {
		if call > 0 {
			time.Sleep(time.Duration(pause) * time.Millisecond)
		}
		who, err := client.GetCallerIdentity(background, &sts.GetCallerIdentityInput{})
		if err != nil {
			fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok", key, *who.Arn)
	}
}
