using Cloudlet.Cli;

return await CloudletCommand.RunAsync(args);
