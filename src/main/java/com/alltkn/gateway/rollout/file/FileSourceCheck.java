package com.alltkn.gateway.rollout.file;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;

/// That the file source knows its file.
public final class FileSourceCheck implements StartCheck {

    @Override
    public void look(Start start) {
        var name = "gateway.file.path";
        if (start.value("gateway.source").equals("file") && start.isMissing(name)) {
            start.refuse(
                    name,
                    "is missing, which gateway.source=file needs",
                    "set it to the mounted directory or file");
        }
    }
}
