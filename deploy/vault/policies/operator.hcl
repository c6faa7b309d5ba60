# What an operator of one environment may do. setup.sh puts the names in, and writes a line that
# names {other} once for each other environment.

# New versions, roll-back to old ones, deletion of the current one.
path "{mount}/data/{environment}" { capabilities = ["create", "read", "update", "patch", "delete"] }

# Owner, rotation and the pin. Nothing else of the metadata: "max_versions" and "delete_version_after"
# destroy versions, "cas_required" keeps others from writing. Without "delete": that would remove every
# version at once.
path "{mount}/metadata/{environment}" {
  capabilities = ["create", "read", "update", "patch"]
  allowed_parameters = { "custom_metadata" = [] }
}

# Deletion of any version, and its return. Without "destroy", which nothing brings back.
path "{mount}/delete/{environment}" { capabilities = ["update"] }
path "{mount}/undelete/{environment}" { capabilities = ["update"] }

# Which environment has a key, for who knows the key.
path "{mount}/data/registry/{environment}/+" { capabilities = ["read"] }
path "{mount}/data/registry/{other}/+" { capabilities = ["read"] }
