"""What went through the local API, kept to be looked at: recorded beside the gateway, in a process of its own."""
