"""Roads to the terminals: who may enter a broker, two brokers behind one client. What they carry is sealed already."""
