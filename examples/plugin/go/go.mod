module imgix-plugin-go

go 1.25

require (
	example.com/pulumi-imgix/sdk/go v0.0.0
	github.com/pulumi/pulumi/sdk/v3 v3.256.0
)

// What `pulumi install` makes from the plugin.
replace example.com/pulumi-imgix/sdk/go => ./sdks/imgix
