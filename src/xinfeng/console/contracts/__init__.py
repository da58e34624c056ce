"""The screens of contracts under which partners pass personal data on."""
