package com.alltkn.gateway.upstream;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import com.alltkn.gateway.openai.Endpoint;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Clocks of a route that is none would never be used.
public final class RoutesCheck implements StartCheck {

    private static final Pattern ROUTE =
            Pattern.compile("gateway\\.upstream\\.routes\\.\"?(.+?)\"?\\.[a-z-]+");
    private static final Set<String> ROUTES =
            Arrays.stream(Endpoint.values()).map(Endpoint::label).collect(Collectors.toSet());

    @Override
    public void look(Start start) {
        start.names().stream()
                .map(ROUTE::matcher)
                .filter(Matcher::matches)
                .filter(route -> !ROUTES.contains(route.group(1)))
                .forEach(route ->
                        start.refuse(
                                route.group(),
                                "names no route: chat/completions is one, or files/{id}",
                                "name a route as the README spells it, in quotes"));
    }
}
