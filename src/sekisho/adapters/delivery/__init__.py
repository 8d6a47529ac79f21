"""The ways on which messages leave, behind `flows.ports.delivery.Sender`, and the worker that empties the outbox."""
