/*
Images in an Amazon S3 bucket and on a web server, in Go.

Run it:

	cd examples/plugin/go
	pulumi install                             # makes the SDK in sdks/, and gets the rest
	pulumi stack init dev
	pulumi config set --secret imgix:apiKey
	pulumi config set --secret s3AccessKey
	pulumi config set --secret s3SecretKey
	pulumi up
*/
package main

import (
	"example.com/pulumi-imgix/sdk/go/imgix"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cfg := config.New(ctx, "")

		products, err := imgix.NewSource(ctx, "products", &imgix.SourceArgs{
			Name: pulumi.String("Products"),
			Deployment: imgix.DeploymentArgs{
				ImgixSubdomains:  pulumi.ToStringArray([]string{"acme-go-products"}),
				CacheTtlBehavior: imgix.CacheTtlBehaviorOverrideOrigin,
				CacheTtlValue:    pulumi.Int(86400),
				DefaultParams:    pulumi.Map{"auto": pulumi.String("format,compress")},
				S3: imgix.S3DeploymentArgs{
					S3Bucket:    pulumi.String("acme-products"),
					S3AccessKey: cfg.RequireSecret("s3AccessKey"),
					S3SecretKey: cfg.RequireSecret("s3SecretKey"),
				},
			},
		})
		if err != nil {
			return err
		}

		blog, err := imgix.NewSource(ctx, "blog", &imgix.SourceArgs{
			Name:     pulumi.String("Blog"),
			OnDelete: imgix.OnDeleteRelease,
			Deployment: imgix.DeploymentArgs{
				ImgixSubdomains: pulumi.ToStringArray([]string{"acme-go-blog"}),
				Webfolder: imgix.WebFolderDeploymentArgs{
					WebfolderBaseUrl: pulumi.String("https://blog.example.com/images/"),
				},
			},
		})
		if err != nil {
			return err
		}

		ctx.Export("productUrls", products.Urls)
		ctx.Export("blogUrls", blog.Urls)
		return nil
	})
}
