internal import JSON
internal import JSONSchema

/// The format of policy documents, as a JSON Schema that editors and this house check by alike.
package enum PolicyFormat {
  /// Where it is published, below the issuer.
  package static let path = "/policy.schema.json"

  /// JSON Schema 2020-12.
  package static let text = #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "Gatehouse policy",
      "description": "What AI tools may do. The first denial wins.",
      "type": "object",
      "required": ["version", "default"],
      "additionalProperties": false,
      "properties": {
        "$schema": { "type": "string" },
        "name": { "type": "string", "maxLength": 200 },
        "description": { "type": "string", "maxLength": 4000 },
        "version": { "const": "1" },
        "default": { "description": "What holds for tools that are not named.", "enum": ["allow", "deny"] },
        "hide": {
          "description": "Tools that are neither listed nor called.",
          "if": { "type": "string" },
          "then": { "const": "*" },
          "else": { "type": "array", "maxItems": 5000, "items": { "$ref": "#/$defs/tool_name_or_all" } }
        },
        "all_tools": {
          "description": "What holds for every tool together.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "limits": { "$ref": "#/$defs/limits" },
            "rate_limit": { "$ref": "#/$defs/rate_limit" }
          }
        },
        "tools": {
          "type": "object",
          "maxProperties": 5000,
          "propertyNames": { "$ref": "#/$defs/tool_name" },
          "additionalProperties": { "$ref": "#/$defs/tool" }
        }
      },
      "$defs": {
        "tool_name": { "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$" },
        "tool_name_or_all": { "type": "string", "pattern": "^([*]|[A-Za-z0-9_.-]{1,128})$" },
        "reason": { "type": "string", "minLength": 1, "maxLength": 1000 },
        "tool": {
          "description": "Rules of one tool; {} allows it.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "description": { "type": "string", "maxLength": 4000 },
            "action": { "enum": ["allow", "deny", "require_approval"] },
            "reason": { "$ref": "#/$defs/reason" },
            "require": {
              "description": "All must hold.",
              "$ref": "#/$defs/rules",
              "items": { "properties": { "conditions": { "minItems": 1 } } }
            },
            "deny_if": { "description": "Any denies; without conditions it always does.", "$ref": "#/$defs/rules" },
            "require_approval": {
              "description": "true, or the conditions under which a person has to agree.",
              "if": { "type": "array" },
              "then": { "$ref": "#/$defs/conditions" },
              "else": {
                "if": { "type": "object" },
                "then": {
                  "additionalProperties": false,
                  "required": ["conditions"],
                  "properties": { "conditions": { "$ref": "#/$defs/conditions" }, "reason": { "$ref": "#/$defs/reason" } }
                },
                "else": { "type": "boolean" }
              }
            },
            "limits": { "$ref": "#/$defs/limits" },
            "rate_limit": { "$ref": "#/$defs/rate_limit" }
          },
          "if": { "properties": { "action": { "const": "require_approval" } }, "required": ["action"] },
          "then": { "properties": { "require_approval": false } }
        },
        "rules": { "type": "array", "maxItems": 200, "items": { "$ref": "#/$defs/rule" } },
        "rule": {
          "type": "object",
          "if": { "required": ["conditions"] },
          "then": {
            "additionalProperties": false,
            "properties": { "conditions": { "$ref": "#/$defs/conditions" }, "on_deny": { "$ref": "#/$defs/reason" } }
          },
          "else": { "$ref": "#/$defs/condition" }
        },
        "conditions": {
          "type": "array",
          "maxItems": 50,
          "items": { "$ref": "#/$defs/condition", "properties": { "on_deny": false } }
        },
        "condition": {
          "type": "object",
          "required": ["path", "op"],
          "additionalProperties": false,
          "properties": {
            "path": { "$ref": "#/$defs/path" },
            "op": {
              "enum": ["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists"]
            },
            "value": true,
            "on_deny": { "$ref": "#/$defs/reason" }
          },
          "allOf": [
            {
              "if": { "properties": { "op": { "const": "exists" } } },
              "then": { "properties": { "value": { "type": "boolean" } } },
              "else": { "required": ["value"], "properties": { "value": { "not": { "type": "null" } } } }
            },
            {
              "if": { "properties": { "op": { "enum": ["in", "not_in"] } } },
              "then": { "properties": { "value": { "type": "array", "maxItems": 1000 } } }
            },
            {
              "if": { "properties": { "op": { "enum": ["lt", "lte", "gt", "gte"] } } },
              "then": { "properties": { "value": { "type": ["number", "string"] } } }
            },
            {
              "if": { "properties": { "op": { "const": "regex" } } },
              "then": { "properties": { "value": { "type": "string", "maxLength": 1000 } } }
            }
          ]
        },
        "path": { "type": "string", "maxLength": 256, "pattern": "^args([.][^.]+)+$" },
        "amount": { "type": "number", "minimum": 0, "maximum": 1000000000 },
        "limits": { "type": "array", "maxItems": 50, "items": { "$ref": "#/$defs/limit" } },
        "limit": {
          "type": "object",
          "required": ["counter", "window", "max"],
          "additionalProperties": false,
          "properties": {
            "counter": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,64}$" },
            "window": { "description": "Fixed, and aligned to UTC.", "enum": ["minute", "hour", "day"] },
            "max": { "$ref": "#/$defs/amount" },
            "scope": { "enum": ["grant", "user", "client", "global"], "default": "grant" },
            "increment": { "$ref": "#/$defs/amount" },
            "increment_from": { "$ref": "#/$defs/path" },
            "on_deny": { "$ref": "#/$defs/reason" }
          },
          "not": { "required": ["increment", "increment_from"] }
        },
        "rate_limit": {
          "description": "The short form of one limit for each connection.",
          "type": "object",
          "required": ["max", "window"],
          "additionalProperties": false,
          "properties": {
            "max": { "type": "integer", "minimum": 0, "maximum": 1000000000 },
            "window": { "description": "Seconds.", "type": "integer", "minimum": 1, "maximum": 2678400 }
          }
        }
      }
    }
    """#

  /// Compiled once; a failure when the text above is no schema, which a test would have found.
  static let schema = Result { try JSONSchema(JSONValue(parsing: text)) }
}
