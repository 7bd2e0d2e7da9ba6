"""Pictures of every main screen: `make shots`."""
