// The module whose copy Traefik is built with.
module toolchain/lego

go 1.26

require github.com/go-acme/lego/v4 v4.33.0
