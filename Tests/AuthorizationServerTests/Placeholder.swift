// The first test of AuthorizationServer replaces this file.
