package com.alltkn.gateway.laboratory;

/// One header line, its name in the letters it was sent in.
public record Header(String name, String value) {

    static Header parse(String line) {
        int colon = line.indexOf(':');
        return colon < 0
                ? new Header(line, "")
                : new Header(line.substring(0, colon), line.substring(colon + 1).strip());
    }
}
