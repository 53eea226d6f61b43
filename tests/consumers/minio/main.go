// consumerm PROFILE CALLS PAUSE_MS: MinIO's client for Go reads an object. Its chain is the one that
// restic has: variables, ~/.aws, and the services that lend keys to machines and containers. Prints
// a line a call: "ok ACCESS_KEY -" or "failed WHAT IT SAYS". S3_URL is where S3 is; its objects tell
// who signed.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: consumerm PROFILE CALLS PAUSE_MS")
	}
	calls, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	pause, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	if os.Args[1] != "-" {
		os.Setenv("AWS_PROFILE", os.Args[1])
	}
	container := credentials.IAM{Client: http.DefaultClient}
	if os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") == "" {
		// Where the service that lends keys to machines would be.
		container.Endpoint = "http://127.0.0.1:1"
	}
	minio.MaxRetry = 1
	client, err := minio.New(strings.TrimPrefix(os.Getenv("S3_URL"), "http://"), &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{},
			&credentials.FileAWSCredentials{},
			&container,
		}),
		Region: "us-east-1",
	})
	if err != nil {
		fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	for call := 0; call < calls; call++ {
		if call > 0 {
			time.Sleep(time.Duration(pause) * time.Millisecond)
		}
		key, err := read(client, fmt.Sprintf("who-%d", call))
		if err != nil {
			fmt.Println("failed", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok", key, "-")
	}
}

func read(client *minio.Client, name string) (string, error) {
	object, err := client.GetObject(context.Background(), "bucket", name, minio.GetObjectOptions{})
	if err != nil {
		return "", err
	}
	defer object.Close()
	content, err := io.ReadAll(object)
	return string(content), err
}
