// The first test of Records replaces this file.
