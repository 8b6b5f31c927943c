// The first test of MCP replaces this file.
