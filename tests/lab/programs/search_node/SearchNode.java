// Copyright (c) 2026 day2.ops contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/**
 * One node of OpenSearch from the jars of its library, until SIGTERM. For Elasticsearch, whose classes have the
 * same names below another package, this file is compiled with that package's name in it.
 *
 * <p>Arguments: the folder of its configuration, then settings as NAME=VALUE.
 */
public final class SearchNode extends Node {
  /** The modules that a server has by itself; those that are not among the jars are left out. */
  private static final String[] MODULES = {
    "analysis.common.CommonAnalysisPlugin",
    "index.mapper.MapperExtrasPlugin",
    "index.reindex.ReindexPlugin",
    "ingest.common.IngestCommonPlugin",
    "painless.PainlessPlugin",
    "reindex.ReindexPlugin",
    "script.mustache.MustachePlugin",
    "transport.Netty4Plugin",
  };

  private SearchNode(Environment environment, List<Class<? extends Plugin>> plugins) {
    super(environment, plugins, false);
  }

  private static List<Class<? extends Plugin>> modules() {
    String root = Plugin.class.getPackageName().replaceFirst("\\.plugins$", "");
    List<Class<? extends Plugin>> found = new ArrayList<>();
    for (String name : MODULES) {
      try {
        found.add(Class.forName(root + "." + name).asSubclass(Plugin.class));
      } catch (ClassNotFoundException absent) {
        // The other of the two servers has it, or it comes in another jar.
      }
    }
    return found;
  }

  private static Environment environment(String[] arguments) {
    Settings.Builder settings = Settings.builder();
    for (int i = 1; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=", 2);
      settings.put(pair[0], pair[1]);
    }
    return new Environment(settings.build(), Path.of(arguments[0]));
  }

  private void closeQuietly() {
    try {
      close();
    } catch (IOException error) {
      System.err.println("closing the node: " + error.getMessage());
    }
  }

  public static void main(String[] arguments) throws Exception {
    SearchNode node = new SearchNode(environment(arguments), modules());
    Runtime.getRuntime().addShutdownHook(new Thread(node::closeQuietly));
    node.start();
    Thread.currentThread().join();
  }
}
