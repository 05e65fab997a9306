"""The platform: takes what gateways bring, keeps it, shows it. Begin with app.py; gateways knock at a02.py."""
