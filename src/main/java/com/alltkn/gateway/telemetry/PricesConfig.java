package com.alltkn.gateway.telemetry;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.math.BigDecimal;
import java.util.Map;

/// What models cost, for a meter and nothing else.
@ConfigMapping(prefix = "gateway.prices")
public interface PricesConfig {

    /// @return the label of what prices are in
    @WithDefault("USD")
    String currency();

    /// @return prices by the name of a model; one that has none has no cost
    Map<String, Price> models();

    /// The price of a model.
    interface Price {

        /// @return of a million input tokens
        BigDecimal input();

        /// @return of a million output tokens
        BigDecimal output();
    }
}
