namespace Cloudlet.Guest.Tests.Guests;

/// <summary>What a guest does while a test waits for it: in the test's output, and at once for whoever watches (<c>-- xUnit.DiagnosticMessages=true</c>).</summary>
internal static class GuestLog
{
    public static void Say(string what)
    {
        TestContext.Current.SendDiagnosticMessage(what);
        TestContext.Current.TestOutputHelper?.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {what}");
    }
}
