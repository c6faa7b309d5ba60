/// The image, put together and trained, and what is looked for in everything that a build leaves.
@NullMarked
package com.alltkn.gateway.image;

import org.jspecify.annotations.NullMarked;
