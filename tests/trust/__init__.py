"""What the store promises whatever happens: long with `make soak`, short with `make test`."""
