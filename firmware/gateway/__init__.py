"""Carries between terminals and platform: south over MQTT, an outbox that survives everything, north over TLS."""
