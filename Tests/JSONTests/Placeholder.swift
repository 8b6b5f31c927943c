// The first test of JSON replaces this file.
