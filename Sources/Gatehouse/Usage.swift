/// What `gatehouse help` prints.
let usage = """
  Gatehouse lets AI assistants at your business data: logged in, governed, on record.

  usage: gatehouse COMMAND [--data DIR] [--keys DIR] [--json] …

    serve [--listen ADDRESS:PORT] [--demo] [--issuer URL] …    run the server (all settings: gatehouse config)
    setup [--issuer URL]                                       print the link that makes the first administrator
    setup [--login NAME] --password-stdin                      make the first administrator at once
    doctor                                                     check data, keys and settings; says what to do

    user add NAME --password-stdin [--admin] [--company NAME] [--name TEXT] [--group NAME]…
    user list
    user invite --mail ADDRESS [--admin] [--group NAME]… [--company NAME]…
                                                               print (and mail) a link that makes an account
    user reset NAME [--factors]                                print a link that sets a new password; --factors
                                                               takes second factors and passkeys away at once
    user disable NAME | enable NAME
    user require-factor [--group NAME [--off]]                 the groups that have to have a second factor

    key create --user NAME --name LABEL [--scope mcp:read|mcp:write] [--per-minute N] [--per-day N]
               [--expires DAYS] [--allow CIDR]… [--block CIDR]…
                                                               the key is shown this once; 0 is no limit
    connection list [--user NAME] | show ID | revoke ID | reactivate ID | rotate ID
    connection limit ID [--per-minute N] [--per-day N] [--tool NAME… | --all-tools] [--model NAME… | --all-models]
                                                               how many calls it has, and to what; 0 is no limit
    connection restrict ID [--allow CIDR]… [--block CIDR]…     from where it may be used; without any, from everywhere

    client add --name N [--redirect-uri URI]… [--device] [--public | --confidential | --service-user NAME]
               [--scope TEXT] [--jwks FILE] [--dpop] [--identity-assertions] [--exchange [--audience URL]…]
               [--expires DAYS]
                                                               the secret is shown this once; --jwks takes the
                                                               client's public keys instead (private_key_jwt);
                                                               --dpop binds each of its tokens to a key (RFC 9449);
                                                               --identity-assertions lets it bring people whom an issuer
                                                               vouches for, --exchange call others on their behalf
    client token create [--uses N] [--expires DAYS]            lets a client register itself; shown this once
    client rotate ID [--expires DAYS]                          a new secret, shown this once; the old one fails at once
    client disable ID | enable ID                              locks it out and ends all that it was granted
    client list
    issuer add URL --jwks FILE | --jwks-uri URL [--user-claim email|sub|preferred_username] [--client ID]…
                                                               trusts an identity provider's assertions (ID-JAG)
    issuer list | remove URL

    provider add NAME --issuer-url URL --client-id ID [--client-secret-stdin] [--label TEXT] [--scope TEXT]
                 [--link] [--create] [--domain NAME]… [--trust-mail] [--trust-mfa]
                 [--groups-claim NAME [--map VALUE=GROUP]…] [--group NAME]… [--company NAME]…
                                                               lets people sign in there (OpenID Connect); --link finds
                                                               their accounts by verified mail, --create makes them
    provider list | remove NAME
    provider link NAME --user LOGIN --subject SUB | unlink NAME --user LOGIN

    policy check FILE | set FILE TARGET | clear TARGET | show TARGET [--history | --version N] | list
                                                               TARGET: --connection ID, --client ID, --group NAME or
                                                               --everything; in force from the next call on
    policy simulate FILE --tool NAME [--arguments JSON] | --last N [--connection ID]
                                                               which rule would answer; what of late it would have refused
    approval list [--status WORD] | show ID                    calls that wait for a person
    approval approve ID --as LOGIN | reject ID --as LOGIN [--reason TEXT] [--proposal JSON]
    connection approver ID [--user LOGIN]                      who decides; without one, any administrator

    switch on | off | show                                     access by AI tools, as a whole
    tool disable NAME | enable NAME | list                     one tool, for everybody

    schedule list | run NAME                                   what is done by itself, when it last was; now

    key-rotation now [--compromised]                           a new signing key, in force after 10 minutes; or at once,
                                                               and tokens of all others are refused
    key-rotation list                                          the signing keys and their times

    audit list [--limit N] [--payloads] [FILTER]… | export [--format jsonl|csv] [--payloads] [FILTER]…
                                                               FILTER: --from WHEN, --to WHEN, --user LOGIN, --tool NAME,
                                                               --connection ID, --status ok|failed|NUMBER, --kind WORD;
                                                               WHEN: a day, a moment, or 7d, 12h, 30m ago
    audit verify [--head NUMBER:HASH] [--checkpoints FILE]     recomputes the log; compares with what was kept elsewhere
    audit checkpoint | key                                     seals the log now; the public key that seals are checked with

    config                                                     every setting with its value, default and meaning
    version | help

  Data goes to standard output, everything else to standard error.
  Exit codes: 0 done, 1 failed, 64 wrong usage, 78 wrong configuration.
  """
