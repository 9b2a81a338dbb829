import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.app.event.EventCartridge;
import org.apache.velocity.app.event.InvalidReferenceEventHandler;
import org.apache.velocity.context.Context;
import org.apache.velocity.util.introspection.Info;

/** Renders templates with Apache Velocity 1.7: a line of base64 each, in and out; "-" for a template that fails. */
public class VelocityRecorder {
    /** A reference without a value is the empty text, as API Gateway's recordings show. */
    static class NoValue implements InvalidReferenceEventHandler {
        public Object invalidGetMethod(Context context, String reference, Object object, String property, Info info) {
            return "";
        }

        public boolean invalidSetMethod(Context context, String left, String right, Info info) {
            return false;
        }

        public Object invalidMethod(Context context, String reference, Object object, String method, Info info) {
            return "";
        }
    }

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
        properties.setProperty("velocimacro.library", "");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String template = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            System.out.println(render(template, properties));
        }
    }

    static String render(String template, Properties properties) {
        try {
            VelocityEngine engine = new VelocityEngine(properties);
            engine.init();
            VelocityContext context = new VelocityContext();
            EventCartridge cartridge = new EventCartridge();
            cartridge.addEventHandler(new NoValue());
            cartridge.attachToContext(context);
            StringWriter out = new StringWriter();
            engine.evaluate(context, out, "template", template);
            return Base64.getEncoder().encodeToString(out.toString().getBytes(StandardCharsets.UTF_8));
        } catch (Exception error) {
            return "-";
        }
    }
}
