"""`make probe`: every sample and every hostile request over HTTP, against a local stack."""
