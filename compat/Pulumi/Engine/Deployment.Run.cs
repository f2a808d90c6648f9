using System.Reflection;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;

namespace Pulumi;

public sealed partial class Deployment
{
    // Tells the language host that the error has already been shown to the user.
    private const int ToldExitCode = 32;

    /// <summary>Runs a program that declares resources and has no outputs.</summary>
    /// <returns>Exit code for the program: 0; 32 when an error has been shown to the user; or 1.</returns>
    public static Task<int> RunAsync(Action action) =>
        RunAsync(() =>
        {
            action();
            return new Dictionary<string, object?>();
        });

    /// <summary>Runs a program that returns the outputs of the stack.</summary>
    public static Task<int> RunAsync(Func<IDictionary<string, object?>> func) => RunAsync(() => Task.FromResult(func()));

    /// <summary>Runs a program that declares resources and has no outputs.</summary>
    public static Task<int> RunAsync(Func<Task> func) =>
        RunAsync(async () =>
        {
            await func();
            return (IDictionary<string, object?>)new Dictionary<string, object?>();
        });

    /// <summary>Runs a program that returns the outputs of the stack.</summary>
    public static Task<int> RunAsync(Func<Task<IDictionary<string, object?>>> func, StackOptions? options = null) =>
        RunAsync(() => new Stack(func, options), Environment.GetEnvironmentVariable);

    /// <summary>Runs a program that is a class.</summary>
    public static Task<int> RunAsync<TStack>()
        where TStack : Stack, new() => RunAsync(DeclareStack(static () => new TStack()), Environment.GetEnvironmentVariable);

    /// <summary>Runs a program that is a class whose constructor takes services.</summary>
    public static Task<int> RunAsync<TStack>(IServiceProvider serviceProvider)
        where TStack : Stack =>
        RunAsync(
            DeclareStack(() =>
                serviceProvider.GetService(typeof(TStack)) as Stack
                ?? throw new RunException($"the services do not contain {typeof(TStack).FullName}")
            ),
            Environment.GetEnvironmentVariable
        );

    /// <summary>Runs a program with a given environment.</summary>
    internal static async Task<int> RunAsync(Func<Stack> declare, Func<string, string?> environment)
    {
        using var deployment = new Deployment(environment);
        CurrentRun.Value = deployment;
        var code = await deployment.RunAsync(declare);
        if (code != 0)
            Environment.ExitCode = code; // for programs that do not return it
        return code;
    }

    internal static Func<Stack> DeclareStack(Func<Stack> make) =>
        () =>
        {
            var stack = make();
            stack.RegisterPropertyOutputs();
            return stack;
        };

    private async Task<int> RunAsync(Func<Stack> declare)
    {
        IReadOnlyList<Exception> failures;
        try
        {
            declare();
            failures = await Tasks.DrainAsync();
            if (failures.Count == 0 && !Engine.HasErrors)
                await Monitor.SignalAndWaitForShutdownAsync();
        }
        // A program may throw anything, and the user must see it.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            failures = [e is TargetInvocationException { InnerException: { } inner } ? inner : e];
        }

        return failures.Count > 0 ? await ReportAsync(failures)
            : Engine.HasErrors ? 1
            : 0;
    }

    private async Task<int> ReportAsync(IReadOnlyList<Exception> failures)
    {
        foreach (var failure in failures.Where(static f => f is not EngineEndedException))
        {
            try
            {
                if (failure is LogException)
                    throw failure;
                await Engine.LogAsync(LogSeverity.Error, TextOf(failure), (failure as ResourceException)?.Resource);
            }
            catch (LogException e)
            {
                // The engine cannot show it to the user any more.
                await Console.Error.WriteLineAsync(
                    failure == e
                        ? $"{e.Message}: {e.InnerException!.Message}"
                        : $"{TextOf(failure)}\n{e.Message}: {e.InnerException!.Message}"
                );
                return 1;
            }
        }

        return ToldExitCode;
    }

    private static string TextOf(Exception e) =>
        e switch
        {
            RunException or ResourceException { HideStack: true } => e.Message,
            GrpcException => $"the Pulumi engine: {e.Message}",
            _ => $"The program failed with an unhandled exception:\n{e}",
        };
}

/// <summary>One run of a program by the engine, as the program sees it.</summary>
public sealed class DeploymentInstance
{
    private readonly Deployment _deployment;

    internal DeploymentInstance(Deployment deployment) => _deployment = deployment;

    /// <summary>Name of the stack.</summary>
    public string StackName => _deployment.StackName;

    /// <summary>Name of the project.</summary>
    public string ProjectName => _deployment.Project;

    /// <summary>Name of the organization; "organization" where the backend has none.</summary>
    public string OrganizationName => _deployment.Organization;

    /// <summary>Folder of the project file.</summary>
    public string RootDirectory => _deployment.RootDirectory;

    /// <summary>True in a preview.</summary>
    public bool IsDryRun => _deployment.IsDryRun;

    /// <summary>Calls a function of a provider once its arguments are known.</summary>
    public Output<T> Invoke<T>(string token, InvokeArgs args, InvokeOptions? options = null) =>
        Invocation.Start<T>(_deployment, token, args, options);

    /// <summary>Calls a function of a provider and returns its result.</summary>
    public Task<T> InvokeAsync<T>(string token, InvokeArgs args, InvokeOptions? options = null) =>
        Invocation.RunAsync<T>(_deployment, token, args, options);

    /// <summary>Calls a function of a provider for its effect.</summary>
    public Task InvokeAsync(string token, InvokeArgs args, InvokeOptions? options = null) =>
        Invocation.RunAsync<object>(_deployment, token, args, options);
}
