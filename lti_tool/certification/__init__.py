"""From proof to certificate: decisions, the register, documents, and how anybody checks them."""
