// The first test of Gatehouse replaces this file.
