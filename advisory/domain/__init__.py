"""The rules: values in, value out. No files, no clock, no pandas; today is always an argument."""
