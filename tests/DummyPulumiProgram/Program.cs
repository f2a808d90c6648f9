using DummyPulumiProgram;
using Pulumi;

// A Pulumi program controlled by its configuration, for tests that run it like an engine.
if (Environment.GetEnvironmentVariable("PULUMI_PROJECT") == "returns-nothing")
{
    // The exit code must be right although this program does not return it.
    await Deployment.RunAsync(Forgetful);
    return Environment.ExitCode;
}

return await Deployment.RunAsync(static () =>
    new Config().Require("scenario") switch
    {
        "chain" => Chain(),
        "big" => Big(),
        "throws" => throw new InvalidTimeZoneException("a defect"),
        "user-error" => throw new RunException("set the region"),
        "log-error" => LogError(),
        var other => throw new RunException($"no scenario {other}"),
    }
);

static void Forgetful() => throw new RunException("forgotten");

// Unknown in a preview, always secret, and with a dependency from one resource to the next.
static Dictionary<string, object?> Chain()
{
    var one = new Thing("one", new ThingArgs { Size = 3, Secret = new Config().RequireSecret("token") });
    var two = new Thing(
        "two",
        new ThingArgs
        {
            Size = one.Made.Apply(static m => m.Length),
            Text = Output.Format($"{one.Id}/{one.Made}"),
            List = { "a", one.Id },
        }
    );
    Log.Info("declared");
    Console.WriteLine("plain output");
    return new Dictionary<string, object?>
    {
        ["secret"] = one.Secret,
        ["text"] = two.Text,
        ["one"] = one,
        ["dry"] = Deployment.Instance.IsDryRun,
    };
}

// More than gRPC's default limit of 4 MiB, in both directions.
static Dictionary<string, object?> Big() =>
    new() { ["length"] = new Thing("big", new ThingArgs { Text = new string('x', 9_000_000) }).Made.Apply(static m => m.Length) };

static Dictionary<string, object?> LogError()
{
    Log.Error("this is wrong");
    return [];
}
