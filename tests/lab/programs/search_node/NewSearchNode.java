// Copyright (c) 2026 day2.ops contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.Reader;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;

/**
 * One node of OpenSearch 3 from the jars of its library, until SIGTERM. All of it is called by reflection, as those
 * jars need a newer Java than the compiler that this machine may have.
 *
 * <p>Arguments: the folder of its configuration, then settings as NAME=VALUE. Secret settings are in that folder, in a
 * file secrets.properties if there is one.
 */
public final class NewSearchNode {
  private static final String ROOT = "org.opensearch.";
  private static final String[] PLUGINS = {
    "index.reindex.ReindexModulePlugin", "repositories.s3.S3RepositoryPlugin", "transport.Netty4ModulePlugin",
  };

  private NewSearchNode() {}

  private static Class<?> type(String name) throws ReflectiveOperationException {
    return Class.forName(ROOT + name);
  }

  private static Object secrets(Path folder) throws Exception {
    Properties given = new Properties();
    try (Reader reader = Files.newBufferedReader(folder.resolve("secrets.properties"))) {
      given.load(reader);
    }
    Class<?> type = type("common.settings.KeyStoreWrapper");
    Object store = type.getMethod("create").invoke(null);
    Method set = type.getDeclaredMethod("setString", String.class, char[].class);
    set.setAccessible(true);
    for (String name : given.stringPropertyNames()) {
      set.invoke(store, name, given.getProperty(name).toCharArray());
    }
    return store;
  }

  private static Object environment(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Class<?> type = type("common.settings.Settings");
    Object builder = type.getMethod("builder").invoke(null);
    Method put = builder.getClass().getMethod("put", String.class, String.class);
    for (int i = 1; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=", 2);
      put.invoke(builder, pair[0], pair[1]);
    }
    if (Files.exists(folder.resolve("secrets.properties"))) {
      Class<?> kind = type("common.settings.SecureSettings");
      builder.getClass().getMethod("setSecureSettings", kind).invoke(builder, secrets(folder));
    }
    Object settings = builder.getClass().getMethod("build").invoke(builder);
    return type("env.Environment").getConstructor(type, Path.class).newInstance(settings, folder);
  }

  private static List<Object> plugins() throws ReflectiveOperationException {
    Class<?> version = type("Version");
    Constructor<?> made = type("plugins.PluginInfo").getConstructor(
        String.class, String.class, String.class, version, String.class, String.class, List.class, boolean.class);
    Object current = version.getField("CURRENT").get(null);
    List<Object> found = new ArrayList<>();
    for (String name : PLUGINS) {
      found.add(made.newInstance(name, "on the class path", "", current, "21", ROOT + name, List.of(), false));
    }
    return found;
  }

  private static void closeQuietly(Object node) {
    try {
      node.getClass().getMethod("close").invoke(node);
    } catch (ReflectiveOperationException error) {
      System.err.println("closing the node: " + error.getCause());
    }
  }

  public static void main(String[] arguments) throws Exception {
    Class<?> type = type("node.Node");
    Constructor<?> made = type.getDeclaredConstructor(type("env.Environment"), Collection.class, boolean.class);
    made.setAccessible(true);
    Object node = made.newInstance(environment(arguments), plugins(), false);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> closeQuietly(node)));
    type.getMethod("start").invoke(node);
    Thread.currentThread().join();
  }
}
