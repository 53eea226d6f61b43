// consumer1 PROFILE CALLS PAUSE_MS: asks STS who it is, by version 1 of the SDK for Go, which rclone
// and many tools of before 2025 contain. Prints a line a call: "ok ACCESS_KEY ARN" or "failed WHAT THE
// SDK SAYS".
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: consumer1 PROFILE CALLS PAUSE_MS")
	}
	calls, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	pause, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	options := session.Options{
		SharedConfigState: session.SharedConfigEnable,
		Config: aws.Config{
			Endpoint:   aws.String(os.Getenv("STS_URL")),
			Region:     aws.String("us-east-1"),
			MaxRetries: aws.Int(0),
		},
	}
	if os.Args[1] != "-" {
		options.Profile = os.Args[1]
	}
	begun, err := session.NewSessionWithOptions(options)
	if err != nil {
		fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	client := sts.New(begun)
	for call := 0; call < calls; call++ {
		if call > 0 {
			time.Sleep(time.Duration(pause) * time.Millisecond)
		}
		request, who := client.GetCallerIdentityRequest(&sts.GetCallerIdentityInput{})
		if err := request.Send(); err != nil {
			fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		_, signed, _ := strings.Cut(request.HTTPRequest.Header.Get("Authorization"), "Credential=")
		key, _, _ := strings.Cut(signed, "/")
		fmt.Println("ok", key, *who.Arn)
	}
}
