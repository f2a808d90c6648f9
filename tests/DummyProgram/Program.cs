using System.Diagnostics;
using System.Runtime.InteropServices;

// A program for tests of code that runs programs: the first argument selects what it does.
return args switch
{
    ["arguments", .. var rest] => PrintArguments(rest),
    ["echo", var text] => Print(Console.Out, text),
    ["echo-error", var text] => Print(Console.Error, text),
    ["copy-input", var target] => CopyInput(target),
    ["environment", .. var names] => PrintEnvironment(names),
    ["directory"] => Print(Console.Out, Environment.CurrentDirectory),
    ["exit", var code, .. var complaint] => Exit(int.Parse(code), complaint),
    ["flood", var size] => Flood(int.Parse(size)),
    ["wait"] => WaitForInterrupt(exitOnInterrupt: true),
    ["ignore-interrupt"] => WaitForInterrupt(exitOnInterrupt: false),
    ["parent"] => RunChildThatIgnoresInterrupt(),
    _ => Exit(64, [$"DummyProgram does not know: {string.Join(' ', args)}"]),
};

static int Print(TextWriter writer, string text)
{
    writer.Write(text);
    return 0;
}

// Each argument is followed by a NUL, the one character that no argument can contain.
static int PrintArguments(string[] arguments)
{
    foreach (var argument in arguments)
        Console.Out.Write(argument + '\0');
    return 0;
}

static int CopyInput(string target)
{
    using var input = Console.OpenStandardInput();
    using var output = target == "error" ? Console.OpenStandardError() : Console.OpenStandardOutput();
    input.CopyTo(output);
    return 0;
}

static int PrintEnvironment(string[] names)
{
    foreach (var name in names)
        Console.Out.WriteLine(Environment.GetEnvironmentVariable(name) is { } value ? $"{name}={value}" : $"{name} is not set");
    return 0;
}

static int Exit(int code, string[] complaint)
{
    foreach (var line in complaint)
        Console.Error.WriteLine(line);
    return code;
}

// Writes alternately to both streams, so that a reader that drains one after the other deadlocks.
static int Flood(int bytes)
{
    using var output = Console.OpenStandardOutput();
    using var error = Console.OpenStandardError();
    var block = new byte[65_536];
    Array.Fill(block, (byte)'x');
    for (var left = bytes; left > 0; left -= block.Length)
    {
        var count = Math.Min(left, block.Length);
        output.Write(block, 0, count);
        error.Write(block, 0, count);
    }
    return 0;
}

static int WaitForInterrupt(bool exitOnInterrupt)
{
    using var interrupted = new ManualResetEventSlim();
    using var handler = PosixSignalRegistration.Create(
        PosixSignal.SIGINT,
        context =>
        {
            context.Cancel = true;
            Console.Out.WriteLine("interrupted");
            if (exitOnInterrupt)
                interrupted.Set();
        }
    );
    Console.Out.WriteLine("ready");
    // The limit is for a failing test that leaves this process behind.
    return interrupted.Wait(TimeSpan.FromMinutes(1)) ? 0 : 65;
}

static int RunChildThatIgnoresInterrupt()
{
    using var handler = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
    using var child = Process.Start(Environment.ProcessPath!, "ignore-interrupt");
    Console.Out.WriteLine($"child {child.Id}");
    child.WaitForExit();
    return 0;
}
