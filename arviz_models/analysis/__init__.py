"""What is computed about models: what they read, what they use, what they cost."""
