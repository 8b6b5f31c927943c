// The first test of Telemetry replaces this file.
