# What a gateway pod of one environment may do. setup.sh puts the names in, and writes a line that
# names {other} once for each other environment.

# Its own settings: the fields, and in the metadata the current version and the pin.
path "{mount}/data/{environment}" { capabilities = ["read"] }
path "{mount}/metadata/{environment}" { capabilities = ["read"] }

# Whose key it is. An entry is named by the HMAC of a key, so only who knows a key can ask for it.
# "create" without "update": an entry that is there answers every further write with 403. "+" is one
# segment. Nobody may list, and the time of an entry comes with its data.
path "{mount}/data/registry/{environment}/+" { capabilities = ["create", "read"] }
path "{mount}/data/registry/{other}/+" { capabilities = ["read"] }

# Its token has no default policy, and has to be renewed.
path "auth/token/renew-self" { capabilities = ["update"] }
