using Cloudlet.Provider.Serving;

return await ProviderProgram.RunAsync(args);
