"""The platform's door: login, launch, registration, content choice, scores, roster."""
