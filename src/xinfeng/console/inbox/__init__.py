"""The inbox: what people replied, and who dealt with it."""
