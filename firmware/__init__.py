"""What runs near the equipment: protocol, processing, terminal, gateway, host agent."""
