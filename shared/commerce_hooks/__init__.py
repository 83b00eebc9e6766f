"""The kernel of Commerce Hooks: from a platform's callback to an event on the bus."""
