// The first test of Pages replaces this file.
