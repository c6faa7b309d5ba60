package com.alltkn.gateway.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SecretTest {

    private static final String CHARACTERS = "test-key-0123456789";

    @Test
    void showsItsCharactersOnlyWhenRevealed() {
        var secret = Secret.of(CHARACTERS);

        assertThat(secret.reveal()).isEqualTo(CHARACTERS);
        assertThat(secret.toString()).isEqualTo("Secret[redacted]");
        assertThat("%s %s".formatted(secret, new Holder(secret))).doesNotContain(CHARACTERS);
    }

    @Test
    void isEqualToASecretOfTheSameCharactersOnly() {
        var secret = Secret.of(CHARACTERS);

        assertThat(secret).isEqualTo(Secret.of(CHARACTERS));
        assertThat(secret).isNotEqualTo(Secret.of(CHARACTERS + "0"));
        assertThat(secret).isNotEqualTo(CHARACTERS);
    }

    @Test
    void hasAHashCodeThatTellsNothing() {
        assertThat(Secret.of("a")).hasSameHashCodeAs(Secret.of("b"));
    }

    @Test
    void offersNothingThatASerializerWouldTake() {
        assertThat(Arrays.stream(Secret.class.getMethods()).map(method -> method.getName()))
                .noneMatch(name -> name.startsWith("get") && !name.equals("getClass"));
        assertThat(Secret.class.getFields()).isEmpty();
        assertThat(Secret.class.getInterfaces()).isEmpty();
    }

    @Test
    void hasAnIdThatIsTheBeginningOfItsFingerprint() {
        var fingerprint = KeyFingerprint.of(Secret.of(CHARACTERS));

        // openssl dgst -sha256 -hmac "alltkn-gateway/key-id/v1"
        assertThat(fingerprint.hex())
                .isEqualTo("1df7c8527891fc148f1a6c38d10f190e7936be14b0393f8296a46727c2725eef");
        assertThat(KeyId.of(Secret.of(CHARACTERS)).value())
                .isEqualTo("key_" + fingerprint.hex().substring(0, 12));
    }

    @Test
    void refusesAKeyAsItsOwnId() {
        assertThatIllegalArgumentException().isThrownBy(() -> new KeyId("key_" + CHARACTERS));
        assertThatIllegalArgumentException().isThrownBy(() -> new KeyFingerprint(CHARACTERS));
    }

    private record Holder(Secret secret) {}
}
