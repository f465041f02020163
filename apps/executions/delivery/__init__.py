"""What leaves for somebody outside: an outbox of deliveries, and the channels by which they go."""
