"""The server: the pages as Panel applications, the files they use, and who is asking."""
