"""Every imgix source that the stack's configuration lists.

A source is added by editing Pulumi.<stack>.yaml; nothing here changes from stack to stack.
"""

import pulumi

from imgix_provider.stack import declare_sources

for resource_name, source in declare_sources().items():
    pulumi.export(
        resource_name,
        {"id": source.id, "urls": source.urls, "status": source.deployment_status},
    )
