"""The programs that the schema shows, and how it shows them.

The TypeScript, Python and Go programs are those of `examples/plugin`, without the commands at the
top, so what an editor shows is known to run; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PROGRAMS: Final[Mapping[str, str]] = {
    "typescript": """\
import * as pulumi from "@pulumi/pulumi";
import * as imgix from "pulumi-imgix";

const config = new pulumi.Config();

const products = new imgix.Source("products", {
    name: "Products",
    deployment: {
        imgixSubdomains: ["acme-typescript-products"],
        cacheTtlBehavior: imgix.CacheTtlBehavior.OverrideOrigin,
        cacheTtlValue: 86400,
        defaultParams: { auto: "format,compress" },
        s3: {
            s3Bucket: "acme-products",
            s3AccessKey: config.requireSecret("s3AccessKey"),
            s3SecretKey: config.requireSecret("s3SecretKey"),
        },
    },
});

const blog = new imgix.Source("blog", {
    name: "Blog",
    onDelete: imgix.OnDelete.Release,
    deployment: {
        imgixSubdomains: ["acme-typescript-blog"],
        webfolder: { webfolderBaseUrl: "https://blog.example.com/images/" },
    },
});

export const productUrls = products.urls;
export const blogUrls = blog.urls;
""",
    "python": """\
import pulumi
import pulumi_imgix as imgix

config = pulumi.Config()

products = imgix.Source(
    "products",
    name="Products",
    deployment=imgix.DeploymentArgs(
        imgix_subdomains=["acme-python-products"],
        cache_ttl_behavior=imgix.CacheTtlBehavior.OVERRIDE_ORIGIN,
        cache_ttl_value=86400,
        default_params={"auto": "format,compress"},
        s3=imgix.S3DeploymentArgs(
            s3_bucket="acme-products",
            s3_access_key=config.require_secret("s3AccessKey"),
            s3_secret_key=config.require_secret("s3SecretKey"),
        ),
    ),
)

blog = imgix.Source(
    "blog",
    name="Blog",
    on_delete=imgix.OnDelete.RELEASE,
    deployment=imgix.DeploymentArgs(
        imgix_subdomains=["acme-python-blog"],
        webfolder=imgix.WebFolderDeploymentArgs(
            webfolder_base_url="https://blog.example.com/images/",
        ),
    ),
)

pulumi.export("product_urls", products.urls)
pulumi.export("blog_urls", blog.urls)
""",
    "go": """\
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
""",
}
"""The text of each program, by the name of its language in Markdown."""


def with_examples(
    description: str,
    examples: Mapping[str, str],
    programs: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:
    """Return a description with examples, in the markup of Pulumi's documentation.

    Args:
        description: The description.
        examples: Programs in YAML by their titles.
        programs: The same program in several languages, by its title.
    """
    parts = [description.rstrip("\n"), "", "{{% examples %}}", "## Example Usage"]
    in_yaml = {title: {"yaml": text} for title, text in examples.items()}
    for title, texts in {**programs, **in_yaml}.items():
        parts += ["{{% example %}}", f"### {title}", ""]
        for language, text in texts.items():
            parts += [f"```{language}", text.rstrip("\n"), "```"]
        parts.append("{{% /example %}}")
    return "\n".join([*parts, "{{% /examples %}}", ""])
