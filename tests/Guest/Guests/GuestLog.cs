namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// Reports what a guest does while a test waits for it: in the test's output, and immediately as a diagnostic message (<c>--
/// xUnit.DiagnosticMessages=true</c>).
/// </summary>
internal static class GuestLog
{
    public static void Say(string what)
    {
        TestContext.Current.SendDiagnosticMessage(what);
        TestContext.Current.TestOutputHelper?.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {what}");
    }
}
