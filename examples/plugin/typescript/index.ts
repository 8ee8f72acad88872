/*
Images in an Amazon S3 bucket and on a web server, in TypeScript.

Run it:

    cd examples/plugin/typescript
    pulumi install                             # makes the SDK in sdks/, and gets the rest
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret s3AccessKey
    pulumi config set --secret s3SecretKey
    pulumi up
*/

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
